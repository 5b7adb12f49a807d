def condition(where, record):
    raise NotImplementedError
