"""The trained models that several tasks look at: found where a task left them, or trained once."""

from argparse import Namespace
from pathlib import Path

from tasks import cli, presets, training
from tasks.training import Plan
from vae_np.data import Dataset
from vae_np.vae import Model


def main_plan(options: Namespace, dataset: Dataset) -> Plan:
    """Task 2's model."""
    return Plan(cli.settings(options), dataset, options.seed)


def plane_plan(options: Namespace, dataset: Dataset, **changes) -> Plan:
    """Task 4's model, with two latents so that it can be drawn, or a variation of it."""
    settings = cli.settings(options, **presets.PLANE[options.preset])
    return Plan(settings._replace(**changes), dataset, options.seed)


def main(options: Namespace, dataset: Dataset) -> tuple[Plan, Model]:
    """Task 2's plan and model: its checkpoint wherever it may be, or a new one."""
    return _trained(options, main_plan(options, dataset), "task2", "")


def plane(options: Namespace, dataset: Dataset) -> tuple[Plan, Model]:
    """Task 4's plan and model of two latents: its checkpoint wherever it may be, or a new one."""
    return _trained(options, plane_plan(options, dataset), "task4", "vae")


def _trained(options: Namespace, plan: Plan, task: str, name: str) -> tuple[Plan, Model]:
    home = cli.folder(options, task) / name
    usual = cli.usual_folder(options, task) / name
    found = training.find(plan, [home / "checkpoint.npz", usual / "checkpoint.npz"])
    return plan, training.model(plan, found or training.fit(plan, home, options.resume))


def fit(options: Namespace, plan: Plan, folder: Path, what: str) -> Model:
    """A model trained for one task alone, in a folder of its own."""
    print(f"\n{what}")
    return training.model(plan, training.fit(plan, folder, options.resume))
