{ config, ... }:
{
  users.users.agent = {
    isSystemUser = true;
    hashedPasswordFile = config.age.secrets.agent.path;
  };
  services.gitea-actions-runner.instances.one = {
    enable = true;
    url = "https://git.acme.example";
    tokenFile = "/run/secrets/runner-token";
  };
}
