import os
import sys
import requests

HOST = os.environ["FORGE"]
API = f"{HOST}/api/v1"
OWNER = "acme"
PACKAGES = f"{API}/packages/{OWNER}"
KEEP = 10

session = requests.Session()
session.headers.update({"Authorization": f"token {os.environ['TOKEN']}"})
rows = session.get(PACKAGES, params={"type": "generic", "q": sys.argv[1], "limit": 50, "page": 1}, timeout=30).json()
for row in sorted(rows, key=lambda row: row["created_at"])[:-KEEP]:
    session.delete(f"{PACKAGES}/generic/{row['name']}/{row['version']}", timeout=30).raise_for_status()
