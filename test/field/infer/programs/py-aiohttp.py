import asyncio
import os
import aiohttp

API = "https://git.acme.example/api/v1"


async def main():
    headers = {"Authorization": f"token {os.environ['TOKEN']}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{API}/notifications", params={"status-types": "unread"}) as answer:
            threads = await answer.json()
        for thread in threads:
            async with session.patch(f"{API}/notifications/threads/{thread['id']}") as answer:
                answer.raise_for_status()
        async with session.put(f"{API}/user/following/release-bot") as answer:
            print(answer.status)


asyncio.run(main())
