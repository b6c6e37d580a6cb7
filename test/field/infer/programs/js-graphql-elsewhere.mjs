const answer = await fetch('https://api.linear.example/graphql', {
  method: 'POST',
  headers: {Authorization: process.env.LINEAR, 'content-type': 'application/json'},
  body: JSON.stringify({query: '{ issues { nodes { title } } }'}),
})
console.log(await answer.json())
