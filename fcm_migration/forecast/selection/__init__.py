"""Selection: which model is published for a series and horizon, and how wide its intervals are.

Internal to forecasting; decided at each origin from earlier forecasts alone.
"""
