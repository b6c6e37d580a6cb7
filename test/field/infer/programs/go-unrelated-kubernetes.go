package main

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func main() {
	config, _ := rest.InClusterConfig()
	client := kubernetes.NewForConfigOrDie(config)
	pods, _ := client.CoreV1().Pods("ci").List(context.Background(), metav1.ListOptions{})
	fmt.Println(len(pods.Items))
}
