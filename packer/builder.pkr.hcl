# What Packer does on the builder: the platform's base scripts, then the tenant's own, over SSH.
# `vendhost image bake` calls it; every variable without a default comes from there.
#
# The command itself starts the builder and makes the image: Packer 1.6 could not tag an image or a key pair in the call that
# creates it, and what has no tags cannot be told from what others in the account have. So Packer needs no right on AWS, no
# credentials and no plug-in, and every version since 1.6 does the same.

variable "ssh_host" {
  type = string
}

variable "ssh_username" {
  type = string
}

variable "ssh_private_key_file" {
  type        = string
  description = "Key of this bake alone."
}

variable "stage" {
  type        = string
  description = "Folder named vendhost with base/ and infrastructure/, uploaded as it is."
}

variable "phases" {
  type        = list(string)
  description = "Scripts to run on the builder, one after the other: files of phases/. Packer names each before it runs it."
}

variable "script_environment" {
  type        = list(string)
  description = "NAME=value for the base scripts and the tenant's scripts. No secrets: they would end in the image."
}

source "null" "builder" {
  communicator         = "ssh"
  ssh_host             = var.ssh_host
  ssh_username         = var.ssh_username
  ssh_private_key_file = var.ssh_private_key_file
  ssh_timeout          = "5m"
}

build {
  sources = ["source.null.builder"]

  provisioner "file" {
    source      = var.stage
    destination = "/tmp"
  }

  provisioner "shell" {
    environment_vars = var.script_environment
    scripts          = var.phases
  }
}
