import {giteaApi} from 'gitea-js'

const api = giteaApi('https://git.acme.example', {token: process.env.GITEA_TOKEN})

const {data: me} = await api.user.userGetCurrent()
await api.repos.repoCreateRelease('acme', 'core', {
  tag_name: process.argv[2]!,
  body: `Cut by ${me.login}`,
})
