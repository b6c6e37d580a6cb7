const root = process.env.GITEA_URL ?? 'https://git.acme.example'

function url(...parts: string[]): string {
  return [root, 'api', 'v1', ...parts.map(encodeURIComponent)].join('/')
}

const headers = {Authorization: `token ${process.env.GITEA_TOKEN}`}
const old = await fetch(url('packages', 'acme') + '?type=container&limit=50&page=1', {headers}).then((answer) => answer.json())
for (const {name, version} of old.slice(20)) {
  await fetch(url('packages', 'acme', 'container', name, version), {method: 'DELETE', headers})
}
