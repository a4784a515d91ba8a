"""Run `server`. A fork does not import a `__main__` again, as it would import another module."""

from cdk_app.local.ministack.server import main

main()
