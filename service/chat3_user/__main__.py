"""The command: settings, then one worker or several."""

import json
import sys
from collections.abc import Sequence

from chat3_user import logs, process
from chat3_user.config import ConfigError, masked, parse
from chat3_user.edge import check_files
from chat3_user.idempotency.place import check_database
from chat3_user.workers import Workers, core_count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service; 2 is returned for settings that break a rule."""
    try:
        config, print_only = parse(arguments)
        check_files(config)
        if not print_only:
            check_database(config)
    except ConfigError as error:
        sys.stderr.write(f"chat3-user-service: {error}\n")
        return 2
    if print_only:
        sys.stdout.write(json.dumps(masked(config), indent=2) + "\n")
        return 0
    count = config.workers or (1 if config.in_process else core_count())
    if count == 1:
        process.run(config)
    else:
        logs.configure(config.log_format, config.log_level)
        Workers(config, count, process.run).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
