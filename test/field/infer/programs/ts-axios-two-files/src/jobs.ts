import {api} from './api.js'

export async function archiveStale(org: string): Promise<void> {
  const {data: repos} = await api.get<{full_name: string; updated_at: string}[]>(`/orgs/${org}/repos`, {params: {limit: 50}})
  for (const repo of repos) {
    if (Date.parse(repo.updated_at) < Date.now() - 400 * 86_400_000) {
      await api.patch(`/repos/${repo.full_name}`, {archived: true})
    }
  }
}
