"""A synthetic year of claims: a believable network with frauds among it, judged by the real gate and counted."""
