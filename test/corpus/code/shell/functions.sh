API="${GITEA_URL:-http://localhost:3000}/api/v1"
api() {
  local method=$1 path=$2
  shift 2
  curl -sS --fail-with-body -X "$method" -H "Authorization: token $GITEA_TOKEN" "$API$path" "$@"
}
get() { api GET "$1"; }
post() {
  local path="$1"; shift
  curl -fsS -d "$1" "$API/$path"
}
read_or() { curl -s -X "${2:-GET}" "$API$1"; }

api GET /user
api POST "/repos/$OWNER/$REPO/pulls" -d '{"head": "x"}'
labels=$(api GET "/repos/$OWNER/$REPO/labels" | jq -r '.[].name')
get /user/repos
post "repos/acme/app/issues/1/labels" '{"labels": [1]}'
read_or /notifications
read_or /notifications PUT
api "$VERB" /user/emails
api GET "$SOMEWHERE"
