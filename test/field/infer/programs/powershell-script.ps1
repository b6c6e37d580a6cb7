$headers = @{ Authorization = "token $env:GITEA_TOKEN" }
$body = @{ tag_name = $env:TAG } | ConvertTo-Json
Invoke-RestMethod -Method Post -Uri "$env:GITEA_URL/api/v1/repos/acme/core/releases" -Headers $headers -Body $body -ContentType 'application/json'
