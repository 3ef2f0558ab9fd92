"""Do upstream figures improve the published forecasts?"""
