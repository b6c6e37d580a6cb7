const api = 'https://git.example.com/api/v1'

export async function work(owner: string, repo: string, path: string) {
  await fetch(`${api}/repos/${owner}/${repo}/branches`)
  await fetch(`${api}/repos/${owner}/${repo}/pulls`, {method: 'POST', body: '{}'})
  await fetch(api + path)
}
