"""The web pages: they show the read model of :mod:`crosstie.app.read_model` and decide nothing."""
