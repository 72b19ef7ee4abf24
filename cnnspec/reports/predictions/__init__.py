"""What a network says of its inputs."""
