import createClient from 'openapi-fetch'
import type {paths} from './gitea.d.ts'

const client = createClient<paths>({
  baseUrl: 'https://git.acme.example/api/v1',
  headers: {Authorization: `token ${process.env.GITEA_TOKEN}`},
})

const {data} = await client.GET('/repos/{owner}/{repo}/milestones', {params: {path: {owner: 'acme', repo: 'core'}}})
for (const milestone of data ?? []) {
  await client.POST('/repos/{owner}/{repo}/issues', {
    params: {path: {owner: 'acme', repo: 'core'}},
    body: {title: `Close ${milestone.title}`, milestone: milestone.id},
  })
}
