"""Selection: the shares of the models in what is published, how wide it is, and what is doubted.

Internal to forecasting; decided at each origin from earlier forecasts alone.
"""
