import {giteaApi} from 'gitea-js'

const gitea = giteaApi('https://git.acme.example', {token: process.env.TOKEN})
await gitea.admin.adminCreateUser({username: 'agent-x', email: 'agent-x@acme.example', password: crypto.randomUUID()})
await gitea.teams.orgAddTeamMember(3, 'agent-x')
