{{- define "agent.announce" -}}
#!/bin/sh
curl -s -X POST -H "Authorization: token $GITEA_TOKEN" -H 'Content-Type: application/json' -d '{"title":"{{ .Release.Name }} is up"}' \
  "{{ .Values.agent.url }}/api/v1/repos/acme/ops/issues"
{{- end -}}
