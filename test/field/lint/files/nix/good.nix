{ config, ... }:
{
  sops.secrets."agent/gitea" = { owner = "agent"; };
  systemd.services.agent = {
    serviceConfig.LoadCredential = [ "token:${config.sops.secrets."agent/gitea".path}" ];
    environment.GITEA_URL = "https://git.acme.example";
  };
}
