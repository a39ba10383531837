"""Updates: brokers, the updates log, and the hub that fans out to streams.

Imports go one way: `fanout → log → broker`, and `amqp → broker`. `broker` is the interface.
"""
