{ fetchgit }:
fetchgit {
  url = "https://git.acme.example/acme/tools.git";
  rev = "aed5af1e1d8c53bca513b28e28dce407a6fe2ee4";
  hash = "sha256-f1e1dTz8kLw3NcRy6HsJb1UeGd5aoF9iKx4WqPlZtMn=";
}
