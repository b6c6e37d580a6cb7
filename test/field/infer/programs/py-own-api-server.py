"""A service of ours whose own routes look like a forge's."""
from fastapi import FastAPI

app = FastAPI()


@app.get("/api/v1/repos/{owner}/{repo}/issues")
def issues(owner: str, repo: str):
    return []


@app.post("/api/v1/user/repos")
def create():
    return {"ok": True}
