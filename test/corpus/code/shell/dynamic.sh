curl "$GITEA/api/v1/$WHAT"
curl -X "$METHOD" "$GITEA/api/v1/user/keys"
curl -K options.cfg "$GITEA/api/v1/user"
for path in user orgs; do curl "$GITEA/api/v1/$path"; done
echo "see $GITEA/api/v1/admin/users"
NEVER="$GITEA/api/v1/user/times"
./deploy --url "$GITEA/api/v1/repos/a/b"
ssh host 'curl -X POST "$GITEA/api/v1/user/repos" -d "{}"'
python3 - <<'PY'
import requests
requests.get("https://git/api/v1/user/orgs")
PY
eval "curl $GITEA/api/v1/user/teams"
curl "$GITEA_API/repos/a/b"
