interface Api {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: object): Promise<T>
}

class GiteaApi implements Api {
  readonly #root: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#root = `${url.replace(/\/$/, '')}/api/v1`
    this.#token = token
  }

  get<T>(path: string): Promise<T> {
    return this.#send<T>('GET', path)
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.#send<T>('POST', path, body)
  }

  async #send<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(this.#root + path, {
      method,
      headers: {Authorization: `token ${this.#token}`},
      ...(body && {body: JSON.stringify(body)}),
    })
    return answer.json() as Promise<T>
  }
}

const api: Api = new GiteaApi(process.env.GITEA_URL!, process.env.GITEA_TOKEN!)
const pull = await api.get<{mergeable: boolean; number: number}>('/repos/acme/core/pulls/12')
if (!pull.mergeable) await api.post(`/repos/acme/core/issues/${pull.number}/labels`, {labels: [9]})
