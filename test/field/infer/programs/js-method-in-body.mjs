// A body's `type` is no method: what is sent hangs on who calls this.
const api = process.env.GITEA_URL + '/api/v1'

export async function send({method, path, type}) {
  const answer = await fetch(`${api}${path}`, {
    method,
    headers: {Authorization: `token ${process.env.GITEA_TOKEN}`},
    body: JSON.stringify({type, secret: process.env.HOOK_SECRET}),
  })
  return answer.status
}
