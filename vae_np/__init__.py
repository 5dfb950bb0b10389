"""Variational autoencoders from scratch, in NumPy and autograd.

Notation, in the papers and here

    x        images, targets   a batch of images                    (B, D)   B = 100, D = 784
    z        latents           their codes                          (B, K)   K = 50
    ε        eps               standard normal noise                (B, K)
    μ        mean              of the Gaussian q(z|x)               (B, K)
    log σ    log_std           its log standard deviation           (B, K)
             logits            log p/(1 - p) of the pixels' p       (B, D)
    W, b     params            [(W, b), ...], a layer each          (inputs, outputs), (outputs,)
    θ, φ     theta             all parameters, one vector           (P,)     P = 425,284
             log_likelihood    log p(x|z), nats, one an image       (B,)     near -70
    KL       kl                KL(q(z|x) || p(z)), nats             (B,)     near 25
    ℒ        elbo              mean of log_likelihood - kl          ()       near -97 on MNIST

Names say what they hold: log_std is never a standard deviation, logits are never probabilities.
Noise is an argument; whoever draws it does so from a generator with a name (streams.py).

Reading order: begin with `vae`, the page. A module imports only from those above it in this list.

    ops           layers and views with gradients derived by hand
    mlp           the multilayer perceptron: one loop over (W, b)
    gaussian      sample, KL to the prior, density                        exercises 1.1 and 1.3
    bernoulli     log-likelihood of binary pixels                         exercise 1.2
    vae           encode, sample, decode, bound; generate, reconstruct    exercises 1.4 and 3
    adam          the optimiser                                           exercise 2
    files         where files are looked for, and how they are written
    idx           MNIST's file format
    mnist         its four files
    own_images    your own images, in a .npz
    digits        handwritten-looking digits, drawn by strokes
    built_in      the built-in data set made of them
    data          data sets by name; binarise, minibatches
    download      MNIST from the network, on request
    streams       named random generators
    bounds        importance weights of several draws, and the k-sample bound
    gaussian_decoder  continuous pixels
    ablations     the VAE with a part taken away
    objectives    what training may climb, by name
    evaluate      test ELBO, log p(x), active units
    optimisers    ways uphill to compare Adam with
    train         the minibatch loop
    parallel      its steps shared among several processes
    checkpoint    a training run on disk
    symptoms      what wrong training looks like, and why
    figures       arrays to pictures

The leaves behind tasks 4 to 9 are in `experiments`, the exercises and their checks in `course`,
the grader in `grading`; nothing above imports from them.
"""
