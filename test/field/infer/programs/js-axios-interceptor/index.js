const {http} = require('./client')

async function main() {
  const {data} = await http.get('/repos/acme/core/milestones', {params: {state: 'open'}})
  await http({method: 'post', url: '/repos/acme/core/milestones', data: {title: `after ${data.length}`}})
}
main()
