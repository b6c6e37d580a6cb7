"""Answers push events with a commit status."""
import hashlib
import hmac
import os

import httpx
from fastapi import FastAPI, Header, HTTPException, Request

app = FastAPI()
SECRET = os.environ["WEBHOOK_SECRET"].encode()
gitea = httpx.AsyncClient(
    base_url=os.environ["GITEA_URL"] + "/api/v1",
    headers={"Authorization": f"token {os.environ['GITEA_TOKEN']}"},
)


@app.get("/api/v1/health")
async def health():
    return {"ok": True}


@app.post("/hooks/push")
async def push(request: Request, x_gitea_signature: str = Header()):
    body = await request.body()
    if not hmac.compare_digest(hmac.new(SECRET, body, hashlib.sha256).hexdigest(), x_gitea_signature):
        raise HTTPException(403)
    event = await request.json()
    repo, sha = event["repository"]["full_name"], event["after"]
    await gitea.post(f"/repos/{repo}/statuses/{sha}", json={"state": "pending", "context": "gate"})
    return {"seen": sha}
