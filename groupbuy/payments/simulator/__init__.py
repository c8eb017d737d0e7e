"""WeChat Pay's and Alipay's side of the protocol on this machine, for development and tests."""
