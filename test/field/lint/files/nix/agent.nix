{ pkgs, ... }:
{
  systemd.services.agent.environment = {
    GITEA_URL = "https://git.acme.example";
    GITEA_TOKEN = "fe82ff1e1d36c563d57f511dc542d61d6004bbc4";
  };
}
