import os
import subprocess

subprocess.run(
    [
        "curl", "--fail-with-body", "-sS", "-X", "POST",
        "-H", f"Authorization: token {os.environ['TOKEN']}",
        "-H", "Content-Type: application/json",
        "-d", '{"body":"nightly is green"}',
        "https://git.acme.example/api/v1/repos/acme/core/issues/1/comments",
    ],
    check=True,
)
