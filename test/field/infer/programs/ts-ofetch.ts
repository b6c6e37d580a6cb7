import {ofetch} from 'ofetch'

const api = ofetch.create({baseURL: 'https://git.acme.example/api/v1', headers: {Authorization: `token ${process.env.TOKEN}`}})

const issue = await api('/repos/acme/core/issues/7')
await api('/repos/acme/core/pulls', {method: 'POST', body: {head: 'fix-7', base: 'main', title: `Fix ${issue.title}`}})
