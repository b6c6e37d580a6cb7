# shellcheck shell=bash
gitea_url=${GITEA_URL:-https://git.acme.example}

_call() {
  curl --fail-with-body -sS -H "Authorization: token $(<"$GITEA_TOKEN_FILE")" -H 'Content-Type: application/json' "$@"
}
gitea_get() { _call "$gitea_url/api/v1$1"; }
gitea_put() { _call -X PUT -d "$2" "$gitea_url/api/v1$1"; }
gitea_post() { _call -X POST -d "$2" "$gitea_url/api/v1$1"; }
