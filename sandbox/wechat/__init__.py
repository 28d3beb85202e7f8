"""WeChat's side of the outside world: the server API that the service calls."""
