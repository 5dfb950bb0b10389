# Everything runs in .venv, which is made on first use and again when pyproject.toml changes.
# Options of a task go into ARGS:  make task3 ARGS="--dataset mnist --seed 1"   or   make task3 QUICK=1

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
OPTIONS = $(if $(QUICK),--quick) $(ARGS)

# An environment whose Python is gone (an upgrade, a moved folder) is made anew.
$(shell test ! -e $(VENV)/ready || $(BIN)/python -c "" 2>/dev/null || rm -rf $(VENV))

TASKS := task1 task2 task3 task4 task5 task6 task7 task8 task9 figures

.DEFAULT_GOAL := help
.PHONY: help $(TASKS) derivations mnist check handout grade report gradescope
.PHONY: test lint format bench numbers readme clean

help:  ## show this list
	@echo "usage: make TARGET [QUICK=1] [ARGS=\"...\"]"
	@sed -n 's/^\([a-z0-9]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

$(TASKS): $(VENV)/ready
	@$(BIN)/python -m tasks.$@ $(OPTIONS)

task1:  ## the pieces of the ELBO, each beside an independent answer
task2:  ## train; checkpoint, curves and the KL of each latent in runs/task2
task3:  ## the figures: samples, reconstructions, interpolations in runs/task3
task4:  ## from PCA to the VAE, one part at a time
task5:  ## the latent plane: the manifold, means and draws
task6:  ## estimators of log p(x), of the ELBO and of its gradient
task7:  ## grey images: Gaussian pixels
task8:  ## latent arithmetic: midpoints, attributes
task9:  ## plain gradient ascent, momentum, Adam
figures:  ## every task from scratch, with all their figures

derivations: $(VENV)/ready  ## check the worksheet's steps in numbers
	@$(BIN)/python -m tasks.derivations $(ARGS)

mnist: $(VENV)/ready  ## fetch MNIST into data/mnist (the built-in digits need no network)
	@$(BIN)/python -m vae_np data $(ARGS)

check: $(VENV)/ready  ## check the exercises, here or in ARGS="path/to/vae.py"
	@$(BIN)/python -m vae_np check $(ARGS)

handout: $(VENV)/ready  ## cut the students' folder from the library [OUT=DIR] [SEED=S]
	@$(BIN)/python -m vae_np handout --out $(or $(OUT),runs/handout) --seed $(or $(SEED),0) $(ARGS)

grade: $(VENV)/ready-to-grade  ## grade a class: SUBMISSIONS=DIR [OUT=DIR]
	@$(if $(SUBMISSIONS),,echo "name the folder: make grade SUBMISSIONS=DIR"; exit 2;) \
	  $(BIN)/python -m vae_np grade $(SUBMISSIONS) --out $(or $(OUT),grades) $(ARGS)

report: $(VENV)/ready-to-grade  ## pages of the grades, a page a student and one for the class
	@$(BIN)/python -m vae_np report $(or $(OUT),grades) $(ARGS)

gradescope: $(VENV)/ready-to-grade  ## an autograder for Gradescope
	@$(BIN)/python -m vae_np gradescope --out $(or $(OUT),autograder.zip) $(ARGS)

test: $(VENV)/ready-to-test  ## run the tests
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

lint: $(VENV)/ready-to-test  ## check style with ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(VENV)/ready-to-test  ## put the code into ruff's format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:  ## remove the environment and runs/; data and grades stay
	rm -rf $(VENV) runs build *.egg-info .pytest_cache .ruff_cache .hypothesis

$(VENV)/ready: pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10))" 2>/dev/null || \
	  { echo "vae_np needs Python 3.10 or newer as '$(PYTHON)': name one with make PYTHON=python3.12"; exit 1; }
	@test -e $(BIN)/python || { echo "making the environment $(VENV) (once)"; \
	  $(PYTHON) -m venv $(VENV) >/dev/null 2>&1; } || { rm -rf $(VENV); \
	  echo "'$(PYTHON) -m venv' failed: on Debian or Ubuntu, install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . || \
	  { echo "the packages could not be installed: this step, once, needs the network"; exit 1; }
	@touch $@

BENCH = $(if $(QUICK),--out runs/bench) $(ARGS)
bench: $(VENV)/ready-to-test  ## speed beside PyTorch and JAX (20 minutes; QUICK=1: 3, in runs/bench)
	@$(BIN)/python -m tests.benchmarks.speed $(if $(QUICK),--quick) $(BENCH)
	@$(BIN)/python -m tests.benchmarks.growth $(if $(QUICK),--quick) $(BENCH)
	@$(BIN)/python -m tests.benchmarks.report $(BENCH)

numbers: $(VENV)/ready-to-test  ## what the presets reach (20 minutes; needs MNIST)
	@$(BIN)/python -m tests.benchmarks.quality $(ARGS)

readme: $(VENV)/ready-to-test  ## fill the README's tables from the results
	@$(BIN)/python -m tests.benchmarks.readme $(ARGS)

$(VENV)/ready-to-grade: $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[grade]" || \
	  { echo "the packages could not be installed: this step, once, needs the network"; exit 1; }
	@touch $@

$(VENV)/ready-to-test: $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]" || \
	  { echo "the packages could not be installed: this step, once, needs the network"; exit 1; }
	@touch $@
