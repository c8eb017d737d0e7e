"""WeChat Pay's side of the protocol on this machine, for development and tests; no money is in it."""
