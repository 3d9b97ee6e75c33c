# One image of a virtual host: a source AMI, the platform's base scripts, then the tenant's own.
# `vendhost image bake` calls it; every variable without a default comes from there.
#
# It keeps to what Packer 1.6 and current Packer both understand. What only current Packer knows (IMDSv2 on the
# image) is set through the EC2 API after the bake, so that both make the same image.

variable "region" {
  type = string
}

variable "endpoint" {
  type        = string
  default     = ""
  description = "Another address than AWS's own that answers for EC2."
}

variable "local_cloud" {
  type        = bool
  default     = false
  description = "What answers is Vendhost's local cloud, not AWS."
}

variable "image_name" {
  type = string
}

variable "image_tags" {
  type        = map(string)
  description = "Tags of the image and of its snapshots."
}

variable "run_tags" {
  type        = map(string)
  description = "Tags of the builder and its volume: what is left over is found by them."
}

variable "run_id" {
  type        = string
  description = "Names the temporary key pair."
}

variable "source_ami" {
  type        = string
  description = "Resolved id: the newest of a name would not be the one in the bake key."
}

variable "ssh_username" {
  type = string
}

variable "ssh_interface" {
  type        = string
  description = "public_ip for a runner outside of the VPC, private_ip for one inside."
}

variable "ssh_source_cidr" {
  type        = string
  description = "Who may reach the builder's port 22, with the temporary key only."
}

variable "instance_type" {
  type = string
}

variable "instance_profile" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "subnet_id" {
  type = string
}

variable "device_name" {
  type        = string
  description = "Root device of the source AMI."
}

variable "volume_gib" {
  type = number
}

variable "kms_key_id" {
  type = string
}

variable "stage" {
  type        = string
  description = "Folder named vendhost with base/ and infrastructure/, uploaded as it is."
}

variable "script_environment" {
  type        = list(string)
  description = "NAME=value for the base scripts and the tenant's scripts. No secrets: they would end in the image."
}

variable "poll_seconds" {
  type    = number
  default = 5
}

source "amazon-ebs" "image" {
  region              = var.region
  custom_endpoint_ec2 = var.endpoint
  # Region and credentials are given, and the command has used both.
  skip_region_validation  = true
  skip_metadata_api_check = true
  # The platform made the profile; validating it would need IAM rights, and IAM has no endpoint setting here.
  skip_profile_validation = true

  ami_name                = var.image_name
  ami_virtualization_type = "hvm"
  tags                    = var.image_tags
  snapshot_tags           = var.image_tags
  # No ami_description: Packer would set it before the tags, and a tenant's role may change only what has its tag.

  source_ami                            = var.source_ami
  instance_type                         = var.instance_type
  iam_instance_profile                  = var.instance_profile
  vpc_id                                = var.vpc_id
  subnet_id                             = var.subnet_id
  associate_public_ip_address           = var.ssh_interface == "public_ip"
  temporary_security_group_source_cidrs = [var.ssh_source_cidr]
  temporary_key_pair_name               = var.run_id
  run_tags                              = var.run_tags
  run_volume_tags                       = var.run_tags

  # A builder whose runner died ends itself after two hours. In the local cloud it shares its machine's kernel.
  user_data         = var.local_cloud ? "" : "#!/bin/sh\nshutdown -h +120\n"
  shutdown_behavior = "terminate"

  # Encrypted from the start. With encrypt_boot, or kms_key_id out here, Packer would make a plain image and copy
  # it: 5 to 8 minutes more per bake.
  launch_block_device_mappings {
    device_name           = var.device_name
    volume_type           = "gp3"
    volume_size           = var.volume_gib
    iops                  = 3000
    throughput            = 125
    encrypted             = true
    kms_key_id            = var.kms_key_id
    delete_on_termination = true
  }

  aws_polling {
    delay_seconds = var.poll_seconds
    max_attempts  = 720
  }

  communicator              = "ssh"
  ssh_username              = var.ssh_username
  ssh_interface             = var.ssh_interface
  ssh_timeout               = "5m"
  ssh_clear_authorized_keys = true
}

build {
  sources = ["source.amazon-ebs.image"]

  provisioner "file" {
    source      = var.stage
    destination = "/tmp"
  }

  # The lines "vendhost-phase: …" tell the command which script is running. 2>&1 keeps a script's lines in order.
  provisioner "shell" {
    environment_vars = var.script_environment
    inline_shebang   = "/bin/sh -e"
    inline = [
      "echo 'vendhost-phase: base'",
      "sudo -E bash /tmp/vendhost/base/base.sh 2>&1",
    ]
  }

  provisioner "shell" {
    environment_vars = var.script_environment
    inline_shebang   = "/bin/sh -e"
    inline = [
      "sudo -E bash /tmp/vendhost/base/run.sh preInstall.sh",
      "sudo -E bash /tmp/vendhost/base/run.sh install.sh",
    ]
  }

  provisioner "shell" {
    environment_vars = var.script_environment
    inline_shebang   = "/bin/sh -e"
    inline = [
      "echo 'vendhost-phase: seal'",
      "sudo -E bash /tmp/vendhost/base/seal.sh 2>&1",
    ]
  }
}
