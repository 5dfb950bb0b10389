"""What stands behind tasks 4 to 9: small leaves, each with one idea, on top of the library.

A module imports only from the library, and from those above it in this list.

    pca                the autoencoder that is linear
    autoencoder        PCA and VAEs as one pair of functions
    neighbours         distances: memorisation, gaps, continuity
    classifier         a judge of digits in closed form
    latent_plane       two latents: the manifold, and integrals over the plane
    latent_arithmetic  attributes as vectors
    measurements       slant, thickness and ink of an image
    linear_gaussian    the model in which everything is exact
    derivations        every step of the worksheet, both sides
    estimators         of log p(x), the ELBO and its gradient, draw by draw
    full_gaussian      correlated Gaussians, by a Cholesky factor
    posterior          a q(z|x) of its own for every image
    figures_latent     arrays to pictures of latent spaces
    figures_lines      arrays to lines and bars
"""
