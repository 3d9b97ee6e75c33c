# For Packer 1.7 and later, which has the Amazon builder in a plug-in. 1.6 has it built in and refuses this block,
# so the command gives 1.6 the file ami.pkr.hcl alone, and later versions this folder.
packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.3.0, < 2.0.0"
    }
  }
}
