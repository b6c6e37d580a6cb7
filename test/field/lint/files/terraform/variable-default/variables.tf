variable "gitea_admin_password" {
  type      = string
  sensitive = true
  default   = "Js8-f1e1d-Aq05"
}
