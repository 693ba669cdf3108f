"""Who calls: logins, second factors, providers, and the people, tokens and sessions behind them."""
