# One image of a virtual host: a source AMI, the platform's base scripts, then the tenant's own.
# `vendhost image bake` calls it; every variable without a default comes from there.
#
# Packer 1.6 and current Packer both take it. The command leaves out for 1.6 what stands between the lines "current Packer
# only", and sets the same through the EC2 API once the builder is there. IMDSv2 on the image is set after the bake for both.

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

variable "security_group_id" {
  type        = string
  description = "The builder's security group, made by the command: Packer 1.6 could not tag one of its own."
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

variable "phases" {
  type        = list(string)
  description = "Scripts to run on the builder, one after the other: files of phases/. Packer names each before it runs it."
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
  security_group_id                     = var.security_group_id
  temporary_key_pair_name               = var.run_id
  run_tags                              = var.run_tags
  run_volume_tags                       = var.run_tags

  # A builder whose runner died ends itself after two hours. In the local cloud it shares its machine's kernel.
  user_data         = var.local_cloud ? "" : "#!/bin/sh\nshutdown -h +120\n"
  shutdown_behavior = "terminate"

  # current Packer only {
  # The instance's credentials are given only to who asks with a session token (IMDSv2), and on the instance itself.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  # }

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

  provisioner "shell" {
    environment_vars = var.script_environment
    scripts          = var.phases
  }
}
