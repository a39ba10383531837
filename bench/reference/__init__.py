"""The rival: the same contract by grpc.aio, google protobuf (upb), aiohttp and msgspec.

Written as that stack's best practice would have it, and nothing more than the calls themselves: no
validation, no limits, no metrics, no proof of membership, no resuming.
"""
