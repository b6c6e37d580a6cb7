export class Forge {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {Authorization: `token ${this.token}`, 'Content-Type': 'application/json'},
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`)
    return (await answer.json()) as T
  }

  issue(repo: string, number: number): Promise<{title: string}> {
    return this.call('GET', `/repos/${repo}/issues/${number}`)
  }

  merge(repo: string, number: number): Promise<void> {
    return this.call('POST', `/repos/${repo}/pulls/${number}/merge`, {Do: 'squash'})
  }
}
