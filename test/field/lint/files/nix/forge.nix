{ config, pkgs, ... }:
{
  services.gitea.enable = true;
  systemd.services.gitea-token = {
    after = [ "gitea.service" ];
    script = ''
      ${pkgs.gitea}/bin/gitea admin user generate-access-token --username agent --token-name nix --scopes all --raw > /run/token
    '';
  };
}
