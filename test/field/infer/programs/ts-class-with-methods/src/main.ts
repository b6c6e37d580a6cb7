import {Forge} from './forge.js'

const forge = new Forge(process.env.GITEA_URL!, process.env.GITEA_TOKEN!)
const {title} = await forge.issue('acme/core', 12)
if (title.startsWith('[ready]')) await forge.merge('acme/core', 13)
