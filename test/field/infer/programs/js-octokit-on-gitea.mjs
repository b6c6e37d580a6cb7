import {Octokit} from '@octokit/core'

const octokit = new Octokit({baseUrl: `${process.env.GITEA_URL}/api/v1`, auth: process.env.GITEA_TOKEN})

const {data: pulls} = await octokit.request('GET /repos/{owner}/{repo}/pulls', {owner: 'acme', repo: 'core', state: 'open'})
for (const pull of pulls) {
  await octokit.request('POST /repos/{owner}/{repo}/issues/{index}/comments', {
    owner: 'acme',
    repo: 'core',
    index: pull.number,
    body: 'Please rebase.',
  })
  await octokit.request('POST /repos/{owner}/{repo}/pulls/{index}/reviews', {
    owner: 'acme',
    repo: 'core',
    index: pull.number,
    event: 'REQUEST_CHANGES',
    body: 'Behind main.',
  })
}
