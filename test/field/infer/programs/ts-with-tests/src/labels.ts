import {request} from 'undici'

export async function labels(repo: string): Promise<string[]> {
  const {body} = await request(`${process.env.GITEA_URL}/api/v1/repos/${repo}/labels?limit=50&page=1`, {
    headers: {authorization: `token ${process.env.GITEA_TOKEN}`},
  })
  return ((await body.json()) as {name: string}[]).map(({name}) => name)
}
