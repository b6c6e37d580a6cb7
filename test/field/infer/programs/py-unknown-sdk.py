"""Mirrors our teams into the forge."""
import os
from acme_forge_sdk import GiteaSession

session = GiteaSession(url=os.environ["GITEA_URL"], token=os.environ["GITEA_TOKEN"])
for team in session.directory.teams():
    session.sync_members(team, dry_run=False)
